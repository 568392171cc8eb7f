-- One row per event of the files that are looked at, with what settings are told from. Reads the view normalised.
CREATE OR REPLACE TABLE looked AS
SELECT
    event_date,
    occurred_at,
    event_name,
    device_id,
    nullif(trim(user_id), '') AS user_id,
    country,
    lower(hostname) AS hostname,
    CASE WHEN event_name = 'purchase' AND revenue IS NOT NULL THEN upper(nullif(trim(currency), '')) END AS currency,
    event_name = 'purchase' AS is_purchase
FROM normalised
WHERE reason IS NULL
