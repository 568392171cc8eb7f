-- Every krone that has a rate stands somewhere: revenue exported = counted + repeated + unfollowed + other, refunds
-- exported = netted + repeated + unfollowed + unmatched, what is counted less what is netted is the revenue of all
-- journeys, and the currencies hold what was exported. A thousandth is left to the rounding of long sums.
WITH told AS (
    SELECT
        coalesce(sum(value) FILTER (name = 'revenue_exported'), 0) AS revenue_exported,
        coalesce(sum(value) FILTER (name = 'revenue_counted'), 0) AS revenue_counted,
        coalesce(sum(value) FILTER (name = 'refund_exported'), 0) AS refund_exported,
        coalesce(sum(value) FILTER (name = 'refund_netted'), 0) AS refund_netted,
        coalesce(sum(value) FILTER (name IN ('revenue_repeated', 'revenue_unfollowed', 'revenue_other')), 0)
            AS revenue_left,
        coalesce(sum(value) FILTER (name IN ('refund_repeated', 'refund_unfollowed', 'unmatched_refund_value')), 0)
            AS refund_left
    FROM quality
),

of_currencies AS (
    SELECT coalesce(exact_sum(revenue), 0) AS revenue, coalesce(exact_sum(refund), 0) AS refund FROM currencies
),

of_kpis AS (
    SELECT coalesce(sum(revenue), 0) AS revenue FROM kpis WHERE dimension = 'all'
)

SELECT sums.what, sums.whole, sums.parts
FROM told, of_currencies, of_kpis
CROSS JOIN LATERAL (
    VALUES
    ('revenue exported', revenue_exported, revenue_counted + revenue_left),
    ('refunds exported', refund_exported, refund_netted + refund_left),
    ('revenue of all journeys', of_kpis.revenue, revenue_counted - refund_netted),
    ('revenue by currency', revenue_exported, of_currencies.revenue),
    ('refunds by currency', refund_exported, of_currencies.refund)
) AS sums(what, whole, parts)
WHERE abs(sums.whole - sums.parts) > 0.001 + 1e-12 * abs(sums.whole)
