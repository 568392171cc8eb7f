CREATE OR REPLACE MACRO paths_from(
    state, depth, part := 'to_purchase', level := 'touchpoint', dimension := 'all'
) AS TABLE
FROM paths_around(state, 0, depth, part := part, level := level, dimension := dimension)
