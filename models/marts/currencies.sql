-- One row per currency that amounts are in.
WITH amounts AS (
    SELECT
        coalesce(currency_code(events.currency), settings.currency, '(none)') AS currency,
        coalesce(settings.currency, '(none)') AS own,
        revenue_as_exported,
        abs(refund_as_exported) AS refund_as_exported,
        revenue,
        refund
    FROM events
    CROSS JOIN run_settings AS settings
    WHERE revenue_as_exported IS NOT NULL OR refund_as_exported IS NOT NULL
)

SELECT
    currency,
    currency = own AS is_own,
    count(revenue_as_exported) AS purchases,
    exact_sum(revenue_as_exported) AS revenue_as_exported,
    count(refund_as_exported) AS refunds,
    exact_sum(refund_as_exported) AS refund_as_exported,
    (count(revenue) + count(refund)) / (count(revenue_as_exported) + count(refund_as_exported)) AS rated_share,
    exact_sum(revenue) AS revenue,
    exact_sum(refund) AS refund,
    count(revenue_as_exported) FILTER (revenue IS NULL) AS purchases_without_rate,
    exact_sum(CASE WHEN revenue IS NULL THEN revenue_as_exported END) AS revenue_without_rate,
    count(refund_as_exported) FILTER (refund IS NULL) AS refunds_without_rate,
    exact_sum(CASE WHEN refund IS NULL THEN refund_as_exported END) AS refund_without_rate
FROM amounts
GROUP BY ALL
ORDER BY currency
