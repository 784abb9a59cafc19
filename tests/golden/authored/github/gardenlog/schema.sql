-- The diary as tables, for those who prefer to ask in SQL.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    day DATE NOT NULL,
    verb TEXT NOT NULL,
    crop TEXT NOT NULL
);

CREATE TABLE detail (
    event_id INTEGER NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (event_id, name)
);

CREATE INDEX event_by_crop ON event (crop, day);

CREATE VIEW harvest AS
SELECT crop, strftime('%Y', day) AS year, SUM(CAST(value AS REAL)) AS kilograms
FROM event
JOIN detail ON detail.event_id = event.id AND detail.name = 'kg'
WHERE verb = 'harvested'
GROUP BY crop, year;
