-- One row per item of an accepted row of the day.
WITH listed AS (
    SELECT event_id, export_date, unnest(items) AS item, generate_subscripts(items, 1) AS item_index
    FROM accepted
    WHERE len(items) > 0
)

SELECT
    event_id,
    item_index::INTEGER AS item_index,
    item.item_id AS item_id,
    item.item_name AS item_name,
    item.item_brand AS item_brand,
    item.item_category AS item_category,
    money(item.price) AS price,
    item.quantity AS quantity,
    money(item.item_revenue) AS item_revenue,
    export_date
FROM listed
