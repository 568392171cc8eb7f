-- One row per thing told in a cell of the journey map of all journeys, in the order of the cells.
SELECT phase, aspect, rank, item, value, unit, journeys, item_dimension, revenue
FROM journey_map
WHERE dimension = $dimension AND segment = $segment
ORDER BY phase_index, aspect, rank
