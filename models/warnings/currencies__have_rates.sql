-- Every amount is in the property's currency or has an exchange rate. One that has none is in no sum: the figures of
-- revenue are too low by it.
WITH parts AS (
    SELECT
        currency,
        'revenue of ' || format('{:,.2f}', revenue_without_rate) || ' in ' || purchases_without_rate
            || if(purchases_without_rate = 1, ' purchase', ' purchases') AS of_purchases,
        'refunds of ' || format('{:,.2f}', refund_without_rate) || ' in ' || refunds_without_rate
            || if(refunds_without_rate = 1, ' event', ' events') AS of_refunds
    FROM currencies
    WHERE purchases_without_rate + refunds_without_rate > 0
)

SELECT
    string_agg(currency || ' ' || concat_ws(' and ', of_purchases, of_refunds), '; ' ORDER BY currency)
        || ': without an exchange rate, so in no sum; setting exchange_rates names rates' AS alarm
FROM parts
HAVING count(*) > 0
