-- What is counted over journeys, for all and for each segment.
CREATE OR REPLACE MACRO low_of(k, n) AS CASE
    WHEN n > 0 AND k = 0 THEN 0::DOUBLE
    WHEN n > 0 THEN greatest(0, (k + 1.959964 ^ 2 / 2 - 1.959964 * sqrt(k * (1 - k / n) + 1.959964 ^ 2 / 4))
        / (n + 1.959964 ^ 2))
END;
CREATE OR REPLACE MACRO high_of(k, n) AS CASE
    WHEN n > 0 AND k = n THEN 1::DOUBLE
    WHEN n > 0 THEN least(1, (k + 1.959964 ^ 2 / 2 + 1.959964 * sqrt(k * (1 - k / n) + 1.959964 ^ 2 / 4))
        / (n + 1.959964 ^ 2))
END;

CREATE TABLE persons AS
WITH seen AS (
    SELECT
        person_id,
        min(started_at) AS first_seen_at,
        max(ended_at) AS last_seen_at,
        count(*) AS session_count,
        count(DISTINCT journey_id) AS journey_count,
        arg_min(channel, session_number) AS first_channel
    FROM sessions
    GROUP BY person_id
),

bought AS (
    SELECT person_id, count(*) AS purchase_count, sum(micros(revenue)) / 1000000 AS revenue
    FROM touchpoints
    WHERE is_conversion
    GROUP BY person_id
)

SELECT
    person_id, first_seen_at, last_seen_at, device_count, session_count, journey_count,
    coalesce(purchase_count, 0) AS purchase_count, revenue, first_channel
FROM seen
JOIN (SELECT person_id, count(*) AS device_count FROM devices GROUP BY person_id) USING (person_id)
LEFT JOIN bought USING (person_id);

CREATE TABLE journey_segments AS
SELECT journey_id, 'all' AS dimension, 'all' AS segment FROM journeys
UNION ALL SELECT journey_id, 'device_category', coalesce(device_category, '(not set)') FROM journeys
UNION ALL SELECT journey_id, 'country', coalesce(country, '(not set)') FROM journeys
UNION ALL SELECT journey_id, 'channel', channel FROM journeys
UNION ALL SELECT journey_id, 'customer', customer FROM journeys
UNION ALL SELECT journey_id, 'visitor', coalesce(visitor, '(not set)') FROM journeys;

CREATE TEMP TABLE moves AS
WITH parted AS (
    SELECT
        t.journey_id,
        position,
        phase,
        touchpoint,
        least(occurred_at, getvariable('as_of')) AS entered_at,
        if(position > coalesce(touchpoints_before_purchase + 1, touchpoint_count), 'after_purchase', 'to_purchase')
            AS part,
        CASE
            WHEN part = 'after_purchase' AND is_closed THEN '(end)'
            WHEN part = 'after_purchase' OR outcome = 'open' THEN '(open)'
            WHEN outcome = 'converted' THEN '(converted)'
            ELSE '(drop-off)'
        END AS ending,
        if(part = 'after_purchase', '(converted)', '(start)') AS opening
    FROM touchpoints AS t
    JOIN journeys USING (journey_id)
),

states AS (
    SELECT journey_id, part, 'touchpoint' AS level, position, touchpoint AS state, entered_at, ending, opening FROM parted
    UNION ALL
    SELECT journey_id, part, 'phase', position, phase, entered_at, ending, opening
    FROM parted
    QUALIFY phase IS DISTINCT FROM lag(phase) OVER (PARTITION BY journey_id, part ORDER BY position)
),

onward AS (
    SELECT
        *,
        lead(state) OVER path AS next_state,
        epoch_us(lead(entered_at) OVER path) - epoch_us(entered_at) AS micros_between,
        row_number() OVER path AS number
    FROM states
    WINDOW path AS (PARTITION BY journey_id, part, level ORDER BY position)
)

SELECT journey_id, part, level, state AS from_state, coalesce(next_state, ending) AS to_state, micros_between FROM onward
UNION ALL
SELECT journey_id, part, level, opening, state, NULL FROM onward WHERE number = 1
UNION ALL
SELECT
    journey_id, 'after_purchase', unnest(['phase', 'touchpoint']), '(converted)', if(is_closed, '(end)', '(open)'), NULL
FROM journeys
WHERE outcome = 'converted' AND touchpoint_count = touchpoints_before_purchase + 1;

-- Durations that are counted have three significant digits.
CREATE OR REPLACE MACRO three_digits(us) AS
    CASE WHEN us < 1000 THEN 0 ELSE round(us::BIGINT, (3 - length(us::VARCHAR))::INTEGER) END;

CREATE TABLE transitions AS
WITH counted AS (
    SELECT
        part, level, dimension, segment, from_state, to_state,
        count(*) AS transition_count,
        count(*) FILTER (is_mature AND outcome <> 'open') AS decided,
        quantile_cont(three_digits(micros_between) / 1000000, [0.5, 0.9]) AS quantiles
    FROM moves
    JOIN journey_segments USING (journey_id)
    JOIN journeys USING (journey_id)
    GROUP BY ALL
)

SELECT
    part, level, dimension, segment, from_state, to_state, transition_count,
    transition_count / sum(transition_count) OVER (PARTITION BY part, level, dimension, segment, from_state)
        AS probability,
    quantiles[1] AS median_seconds,
    quantiles[2] AS p90_seconds,
    if(part = 'to_purchase', decided, NULL) AS decided_count
FROM counted;

CREATE TABLE touchpoints_before_purchase AS
WITH counted AS (
    SELECT dimension, segment, touchpoints_before_purchase AS touchpoint_count, count(*) AS journeys
    FROM journeys
    JOIN journey_segments USING (journey_id)
    WHERE outcome = 'converted'
    GROUP BY ALL
)

SELECT
    *,
    journeys / sum(journeys) OVER (PARTITION BY dimension, segment) AS share,
    sum(journeys) OVER (PARTITION BY dimension, segment ORDER BY touchpoint_count)
        / sum(journeys) OVER (PARTITION BY dimension, segment) AS cumulative_share
FROM counted;

CREATE TEMP TABLE watches AS
SELECT
    s.*, dimension, segment,
    epoch_us(least(watched_until, getvariable('as_of'))) - epoch_us(least(entered_at, getvariable('as_of'))) AS watched
FROM stays AS s
JOIN journey_segments USING (journey_id);

-- The Kaplan-Meier median: at equal times moves come before the ends of watches.
CREATE TEMP TABLE survival AS
WITH times AS (
    SELECT
        dimension, segment, phase,
        three_digits(if(is_censored, greatest(watched, 0), round(dwell_seconds * 1000000)::BIGINT)) AS value,
        count(*) FILTER (NOT is_censored) AS moves,
        count(*) AS leaving
    FROM watches
    GROUP BY ALL
),

at_risk AS (
    SELECT *, sum(leaving) OVER (PARTITION BY dimension, segment, phase ORDER BY value DESC) AS at_risk FROM times
),

surviving AS (
    SELECT
        *,
        product((at_risk - moves) / at_risk) OVER (PARTITION BY dimension, segment, phase ORDER BY value) AS share
    FROM at_risk
)

SELECT dimension, segment, phase, min(value) / 1000000 AS median
FROM surviving
WHERE share <= 0.5 + 1e-12
GROUP BY ALL;

CREATE TABLE phase_metrics AS
WITH phases AS (
    SELECT DISTINCT phase, phase_index, stage FROM places
),

present AS (
    SELECT DISTINCT dimension, segment FROM journey_segments
),

furthest AS (
    SELECT
        dimension, segment, furthest_phase AS phase,
        count(*) AS journeys,
        count(*) FILTER (outcome = 'dropped_off') AS dropped_off,
        count(*) FILTER (outcome = 'open') AS still_open,
        count(*) FILTER (outcome = 'converted') AS stopped,
        count(*) FILTER (is_mature) AS mature,
        count(*) FILTER (is_mature AND outcome = 'dropped_off') AS mature_dropped_off,
        count(*) FILTER (is_mature AND outcome = 'open') AS mature_still_open
    FROM journeys
    JOIN journey_segments USING (journey_id)
    WHERE furthest_phase IS NOT NULL
    GROUP BY ALL
),

lengths AS (
    SELECT
        dimension, segment, phase,
        count(DISTINCT journey_id) AS visited,
        count(*) FILTER (stay_number = 1) AS entered_here,
        count(*) AS stays,
        count(*) FILTER (NOT is_censored) AS completed_stays,
        quantile_cont(three_digits(micros(dwell_seconds)) / 1000000, [0.5, 0.9]) AS dwell,
        quantile_cont(three_digits(micros(active_seconds)) / 1000000, [0.5, 0.9]) FILTER (NOT is_censored) AS active,
        sum(micros(dwell_seconds)) / 1000000 / completed_stays AS mean_dwell_seconds,
        sum(micros(active_seconds)) FILTER (NOT is_censored) / 1000000 / completed_stays AS mean_active_seconds
    FROM watches
    GROUP BY ALL
),

funnel AS (
    SELECT
        present.*,
        phases.*,
        furthest.* EXCLUDE (dimension, segment, phase),
        coalesce(sum(journeys) OVER onward, 0) AS reached,
        coalesce(sum(mature) OVER onward, 0) AS mature_reached
    FROM present
    CROSS JOIN phases
    LEFT JOIN furthest USING (dimension, segment, phase)
    WINDOW onward AS (PARTITION BY present.dimension, present.segment ORDER BY phase_index DESC)
),

decided AS (
    SELECT
        *, CASE WHEN stage <> 'after' THEN mature_reached - coalesce(mature_still_open, 0) END AS mature_decided
    FROM funnel
)

SELECT
    dimension,
    segment,
    phase,
    phase_index,
    reached::BIGINT AS reached,
    coalesce(visited, 0) AS visited,
    coalesce(entered_here, 0) AS entered_here,
    (reached - coalesce(journeys, 0))::BIGINT AS progressed,
    coalesce(dropped_off, 0) AS dropped_off,
    coalesce(still_open, 0) AS still_open,
    coalesce(stopped, 0) AS stopped,
    mature_reached::BIGINT AS mature_reached,
    coalesce(mature_dropped_off, 0) AS mature_dropped_off,
    coalesce(mature_still_open, 0) AS mature_still_open,
    CASE WHEN mature_decided > 0 THEN coalesce(mature_dropped_off, 0) / mature_decided END AS drop_off_rate,
    low_of(coalesce(mature_dropped_off, 0), mature_decided) AS drop_off_low,
    high_of(coalesce(mature_dropped_off, 0), mature_decided) AS drop_off_high,
    coalesce(stays, 0) AS stays,
    dwell[1] AS median_dwell_seconds,
    mean_dwell_seconds,
    dwell[2] AS p90_dwell_seconds,
    active[1] AS median_active_seconds,
    mean_active_seconds,
    survival.median AS km_median_dwell_seconds,
    active[2] AS p90_active_seconds,
    coalesce(completed_stays, 0) AS completed_stays
FROM decided
LEFT JOIN lengths USING (dimension, segment, phase)
LEFT JOIN survival USING (dimension, segment, phase);


-- Student's t, 97.5 %, by Abramowitz and Stegun 26.7.5.
CREATE OR REPLACE MACRO t_of(n) AS 1.959964
    + (1.959964 ^ 3 + 1.959964) / 4 / n
    + (5 * 1.959964 ^ 5 + 16 * 1.959964 ^ 3 + 3 * 1.959964) / 96 / n ^ 2
    + (3 * 1.959964 ^ 7 + 19 * 1.959964 ^ 5 + 17 * 1.959964 ^ 3 - 15 * 1.959964) / 384 / n ^ 3
    + (79 * 1.959964 ^ 9 + 776 * 1.959964 ^ 7 + 1482 * 1.959964 ^ 5 - 1920 * 1.959964 ^ 3 - 945 * 1.959964) / 92160 / n ^ 4;

CREATE TABLE kpis AS
WITH of_journeys AS (
    SELECT
        dimension,
        segment,
        count(*) AS journeys,
        count(*) FILTER (outcome = 'converted') AS converted,
        count(*) FILTER (outcome = 'dropped_off') AS dropped_off,
        count(*) FILTER (outcome = 'open') AS still_open,
        count(*) FILTER (is_mature) AS mature_journeys,
        count(*) FILTER (is_mature AND outcome = 'converted') AS mature_converted,
        count(*) FILTER (is_mature AND outcome = 'dropped_off') AS mature_dropped_off,
        mature_converted + mature_dropped_off AS mature_decided,
        quantile_cont(touchpoints_before_purchase, [0.5, 0.9]) AS before_purchase,
        avg(touchpoints_before_purchase) AS mean_touchpoints_before_purchase,
        quantile_cont(three_digits(micros(seconds_to_purchase)) / 1000000, 0.5) AS median_seconds_to_purchase,
        sum(micros(revenue)) / 1000000 AS revenue
    FROM journeys
    JOIN journey_segments USING (journey_id)
    GROUP BY ALL
),

bounces AS (
    SELECT dimension, segment, count(*) FILTER (is_bounce) / count(*) AS bounce_rate
    FROM sessions
    JOIN journey_segments USING (journey_id)
    WHERE dimension <> 'all'
    GROUP BY ALL
    UNION ALL
    SELECT 'all', 'all', count(*) FILTER (is_bounce) / count(*) FROM sessions
),

purchases AS (
    SELECT
        t.person_id,
        occurred_at,
        session_number,
        t.revenue,
        first_value(session_number) OVER life AS first_number,
        first_value(occurred_at) OVER life AS first_at
    FROM touchpoints AS t
    JOIN sessions USING (session_id)
    WHERE is_conversion
    WINDOW life AS (PARTITION BY t.person_id ORDER BY occurred_at, session_number, position)
),

bought AS (
    SELECT
        person_id,
        first_number,
        first_at,
        min(occurred_at) FILTER (session_number > first_number) AS repurchased_at,
        list(row(occurred_at - first_at, micros(revenue))) AS paid
    FROM purchases
    GROUP BY ALL
),

loyal AS (
    SELECT bought.*, started_at AS returned_at
    FROM bought
    LEFT JOIN sessions AS s ON s.person_id = bought.person_id AND session_number = first_number + 1
),

buyers AS (
    SELECT DISTINCT dimension, segment, person_id
    FROM touchpoints
    JOIN journey_segments USING (journey_id)
    WHERE is_conversion
),

of_buyers AS (
    SELECT
        dimension,
        segment,
        count(*) AS purchasers,
        count(repurchased_at) / count(*) AS repurchase_rate_to_date,
        count(returned_at) / count(*) AS return_rate_to_date
    FROM buyers
    JOIN loyal USING (person_id)
    GROUP BY ALL
),

again AS (
    SELECT
        dimension, segment, kind, again_at IS NOT NULL AS is_again,
        three_digits(greatest(
            epoch_us(least(coalesce(again_at, getvariable('as_of')), getvariable('as_of')))
                - epoch_us(least(first_at, getvariable('as_of'))), 0
        )) AS us
    FROM buyers
    JOIN loyal USING (person_id)
    CROSS JOIN LATERAL (VALUES ('repurchase', repurchased_at), ('return', returned_at)) AS later(kind, again_at)
),

risks AS (
    SELECT *, sum(gone) OVER (PARTITION BY dimension, segment, kind ORDER BY us DESC) AS at_risk
    FROM (
        SELECT dimension, segment, kind, us, count(*) FILTER (is_again) AS happened, count(*) AS gone
        FROM again
        GROUP BY ALL
    )
),

left_over AS (
    SELECT
        *,
        max(us) OVER (PARTITION BY dimension, segment, kind) AS last_us,
        product((at_risk - happened) / at_risk) OVER (PARTITION BY dimension, segment, kind ORDER BY us) AS surviving
    FROM risks
),

horizons AS (
    SELECT dimension, segment, kind, days, max(last_us) AS last_us, coalesce(min(surviving) FILTER (us <= horizon), 1) AS s,
        CASE WHEN max(last_us) >= max(horizon) OR s = 0 THEN 1 - s END AS share
    FROM left_over
    CROSS JOIN (SELECT unnest([30, 90, 365]) AS days, three_digits(days * 86400000000) AS horizon)
    GROUP BY dimension, segment, kind, days
),

shares AS (
    SELECT
        dimension,
        segment,
        max(share) FILTER (kind = 'repurchase' AND days = 30) AS repurchase_30d,
        max(share) FILTER (kind = 'repurchase' AND days = 90) AS repurchase_90d,
        max(share) FILTER (kind = 'repurchase' AND days = 365) AS repurchase_365d,
        max(share) FILTER (kind = 'return' AND days = 30) AS return_30d,
        max(share) FILTER (kind = 'return' AND days = 90) AS return_90d,
        max(share) FILTER (kind = 'return' AND days = 365) AS return_365d
    FROM horizons
    GROUP BY ALL
),

worths AS (
    SELECT
        dimension, segment, days, count(*) AS n, sum(worth) / 1000000 / n AS mean,
        CASE WHEN n >= 10 THEN t_of(n - 1) * stddev_samp(coalesce(worth, 0) / 1000000 ORDER BY worth) / sqrt(n) END AS margin
    FROM (
        SELECT
            dimension, segment, days,
            list_sum([p[2] FOR p IN paid IF p[1] <= to_days(days)]) AS worth
        FROM buyers
        JOIN loyal USING (person_id)
        CROSS JOIN (SELECT unnest([30, 90, 365]) AS days)
        WHERE first_at + to_days(days) <= getvariable('as_of')
    )
    GROUP BY ALL
),

lifetimes AS (
    SELECT
        dimension,
        segment,
        max(mean) FILTER (days = 30) AS value_30d,
        max(margin) FILTER (days = 30) AS margin_30d,
        max(mean) FILTER (days = 90) AS value_90d,
        max(margin) FILTER (days = 90) AS margin_90d,
        max(mean) FILTER (days = 365) AS value_365d,
        max(margin) FILTER (days = 365) AS margin_365d
    FROM worths
    GROUP BY ALL
),

answers AS (
    SELECT dimension, segment, (count(*) FILTER (score >= 9) - count(*) FILTER (score <= 6)) / count(*) AS nps
    FROM events
    JOIN sessions USING (session_id)
    JOIN journey_segments USING (journey_id)
    WHERE event_name = 'survey_answer' AND score BETWEEN 0 AND 10
    GROUP BY ALL
)

SELECT
    dimension,
    segment,
    journeys,
    converted,
    dropped_off,
    still_open,
    mature_journeys,
    CASE WHEN mature_decided > 0 THEN mature_converted / mature_decided END AS conversion_rate,
    low_of(mature_converted, mature_decided) AS conversion_low,
    high_of(mature_converted, mature_decided) AS conversion_high,
    before_purchase[1] AS median_touchpoints_before_purchase,
    median_seconds_to_purchase,
    coalesce(purchasers, 0) AS purchasers,
    repurchase_rate_to_date,
    return_rate_to_date,
    revenue,
    CASE WHEN purchasers > 0 THEN revenue / purchasers END AS lifetime_value_to_date,
    bounce_rate,
    nps,
    CASE WHEN mature_journeys > 0 THEN (mature_journeys - mature_decided) / mature_journeys END AS open_share,
    mean_touchpoints_before_purchase,
    before_purchase[2] AS p90_touchpoints_before_purchase,
    mature_converted,
    mature_dropped_off,
    repurchase_30d,
    repurchase_90d,
    repurchase_365d,
    return_30d,
    return_90d,
    return_365d,
    value_30d AS lifetime_value_30d,
    value_30d - margin_30d AS lifetime_value_30d_low,
    value_30d + margin_30d AS lifetime_value_30d_high,
    value_90d AS lifetime_value_90d,
    value_90d - margin_90d AS lifetime_value_90d_low,
    value_90d + margin_90d AS lifetime_value_90d_high,
    value_365d AS lifetime_value_365d,
    value_365d - margin_365d AS lifetime_value_365d_low,
    value_365d + margin_365d AS lifetime_value_365d_high
FROM of_journeys
LEFT JOIN of_buyers USING (dimension, segment)
LEFT JOIN bounces USING (dimension, segment)
LEFT JOIN shares USING (dimension, segment)
LEFT JOIN lifetimes USING (dimension, segment)
LEFT JOIN answers USING (dimension, segment);

CREATE TABLE unmatched AS
WITH left_over AS (
    SELECT event_name, page_path, device_id, device_session_number, count(*) AS events
    FROM judged
    WHERE touchpoint IS NULL
    GROUP BY ALL
),

followed AS (
    SELECT (SELECT count(device_id) FROM events) AS events, count(*) AS sessions FROM sessions
)

SELECT
    event_name,
    page_path,
    sum(l.events)::BIGINT AS events,
    sum(l.events) / any_value(followed.events) AS event_share,
    count(*) AS sessions,
    count(*) / any_value(followed.sessions) AS session_share,
    event_name IN ({automatic}) AS is_automatic
FROM left_over AS l
CROSS JOIN followed
GROUP BY event_name, page_path;
