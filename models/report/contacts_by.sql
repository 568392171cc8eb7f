-- One row per channel of the sessions in which contacts of the purchase's phase were made: how many, their share, and how
-- many of them are in journeys that began with this channel.
SELECT c.value AS channel, c.phase, c.contacts, c.share, c.contacts_as_first
FROM contacts_by AS c
JOIN (SELECT DISTINCT phase FROM lifecycle WHERE stage = 'during') USING (phase)
WHERE c.dimension = 'channel'
ORDER BY c.contacts DESC, channel
