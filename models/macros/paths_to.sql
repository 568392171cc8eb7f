CREATE OR REPLACE MACRO paths_to(
    state, depth, part := 'to_purchase', level := 'touchpoint', dimension := 'all'
) AS TABLE
FROM paths_around(state, depth, 0, part := part, level := level, dimension := dimension)
