-- An event name with at least 20 events on each of the seven loaded days before is there. One that vanished points to
-- tracking: a tag that was removed or renamed; people do not stop all at once.
SELECT day, format('{}: no {}, of which {} are usual', day::VARCHAR, event_name, usual_events::BIGINT) AS alarm
FROM health_vanished
ORDER BY day, usual_events DESC, event_name
