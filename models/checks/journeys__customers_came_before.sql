-- Who had converted before a journey, or began one before it, came before: as a visitor they are returning.
SELECT journey_id
FROM {journeys}
WHERE (customer = 'customer' OR journey_number > 1) AND visitor IS DISTINCT FROM 'returning'
