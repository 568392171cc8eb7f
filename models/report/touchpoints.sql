-- One row per number of touchpoints before the purchase: how many purchases took so many.
SELECT touchpoint_count, journeys AS purchases, share, cumulative_share
FROM touchpoints_before_purchase
WHERE dimension = $dimension AND segment = $segment
ORDER BY touchpoint_count
