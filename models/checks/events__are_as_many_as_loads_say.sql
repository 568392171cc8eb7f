-- Each file has as many rows in events as loads counted.
SELECT l.source_file, l.events, coalesce(e.events, 0) AS found
FROM loads AS l
LEFT JOIN (SELECT source_file, count(*) AS events FROM events GROUP BY ALL) AS e USING (source_file)
WHERE l.events <> coalesce(e.events, 0)
