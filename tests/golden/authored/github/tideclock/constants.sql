-- Harmonic constants of three ports.
CREATE TABLE port (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    mean_level REAL NOT NULL
);

CREATE TABLE constituent (
    port_id INTEGER NOT NULL REFERENCES port (id),
    name TEXT NOT NULL,
    amplitude REAL NOT NULL CHECK (amplitude >= 0),
    phase REAL NOT NULL,
    PRIMARY KEY (port_id, name)
);

INSERT INTO port (name, mean_level) VALUES ('eastmere', 2.65), ('nordhavn', 0.31), ('saltwick', 3.02);

INSERT INTO constituent
SELECT id, 'M2', 1.84, 187.2 FROM port WHERE name = 'eastmere'
UNION ALL SELECT id, 'S2', 0.61, 231.0 FROM port WHERE name = 'eastmere'
UNION ALL SELECT id, 'M2', 0.12, 44.5 FROM port WHERE name = 'nordhavn';

CREATE VIEW spring_range AS
SELECT p.name, 2 * SUM(c.amplitude) AS metres
FROM port AS p JOIN constituent AS c ON c.port_id = p.id
WHERE c.name IN ('M2', 'S2')
GROUP BY p.name;
