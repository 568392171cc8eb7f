-- What amounts are worth in the property's currency, by the rate of the export day or else of the latest day before it.
-- An event without a currency is in the property's own; an amount without a rate is worth null. Refunds are positive.
-- Looked at are the days in the temporary table settling, and all where the currency or a rate changed. Run as a script.
-- Reads the temporary table rates and the variables own_currency, own_currency_before and is_anew.
CREATE OR REPLACE TEMP TABLE converted AS
WITH amounts AS (
    SELECT
        rowid AS place, export_date, device_id, revenue, refund, revenue_as_exported, refund_as_exported,
        coalesce(currency_code(currency), getvariable('own_currency')) AS code
    FROM events
    WHERE (revenue_as_exported IS NOT NULL OR refund_as_exported IS NOT NULL)
        AND (getvariable('is_anew') OR export_date IN (SELECT export_date FROM settling))
),

rated AS (
    SELECT amounts.*, rates.rate, code IS NOT DISTINCT FROM getvariable('own_currency') AS is_own
    FROM amounts
    ASOF LEFT JOIN rates ON amounts.code = rates.currency AND amounts.export_date >= rates.day
),

worth AS (
    SELECT
        place, export_date, device_id, revenue, refund,
        CASE WHEN is_own THEN revenue_as_exported ELSE money(round(revenue_as_exported * rate, 6)) END AS new_revenue,
        abs(CASE WHEN is_own THEN refund_as_exported ELSE money(round(refund_as_exported * rate, 6)) END) AS new_refund
    FROM rated
)

-- With the currency changes which refunds are equal, for some name none: all of the other days are looked at again.
FROM worth
WHERE new_revenue IS DISTINCT FROM revenue OR new_refund IS DISTINCT FROM refund
    OR getvariable('own_currency') IS DISTINCT FROM getvariable('own_currency_before')
        AND export_date NOT IN (SELECT export_date FROM settling)
ORDER BY place;

UPDATE events SET revenue = converted.new_revenue, refund = converted.new_refund
FROM converted
WHERE events.rowid = converted.place;

INSERT INTO waiting
SELECT device_id FROM converted WHERE device_id IS NOT NULL
EXCEPT
SELECT device_id FROM waiting;

INSERT INTO unchecked_days
SELECT export_date FROM converted
EXCEPT
SELECT export_date FROM unchecked_days;

-- Amounts of days that neither came nor went changed because of the currency or of rates.
INSERT INTO arrivals
SELECT NULL, 'a changed currency or exchange rate'
WHERE EXISTS (FROM converted ANTI JOIN settling USING (export_date))
EXCEPT
FROM arrivals;
