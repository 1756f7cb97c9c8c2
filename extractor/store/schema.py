"""The database schema, as migrations: decorated functions, each applied in one transaction with its own bookkeeping.

What the tables mean
    documents       one row a content (SHA-256 of the bytes), with the text that evidence points into. Of a file with
                    several letters one row each: the second and later ones are `part_of` the first, which has the text
    document_names  every name under which a content was seen; for a file also its size and times then, by which the
                    next run knows it again without reading it
    records         append-only; one row a document and configuration; the determination as JSON
    determinations, decisions, citations, drugs, body_parts, reasons, diagnoses, flags
                    the same record as typed rows; `decision_number` counts from 1 in printed order
    evidence        one row a value: the JSON pointer and the spans that support it
    failures        letters that ended without a record, by place and content; `cleared_at` once one succeeds. The place
                    is a path, `archive!member` or `file#LINE`; unlike a name that a list gave, no two letters share it
    current_ids     one row a document: which of its records counts
    runs            one row a pass over a set of documents, and which process made it, with its last sign of life
    batch_letters, batch_requests, batch_jobs
                    what `imr batch` has built, sent and collected
    attempts        one row a request to a model, with the reply as it came, tokens and seconds; kept for letters that
                    failed, too
    decision_search full-text index, one row a decision: all that its letter says for it

`current_records` is the view of the records that count: of each document **the one that was asked for last**, that is,
the one saved last, or met again since by a run of its configuration.
Every `current_…` view holds the rows of those records only, with the columns that exports have.
Dates and times are ISO TEXT. Lists of short names are joined by "; ".
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from extractor.records.determination import case_key

APPLICATION_ID = 0x494D5244
"""Marks the file as ours (`IMRD`), so that another program's database is refused and not migrated."""

MIGRATIONS = Migrations("imr")

_TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'interrupted', 'stopped')),
    reader TEXT NOT NULL,
    config_sha256 TEXT NOT NULL,
    configuration TEXT NOT NULL,
    code_version TEXT NOT NULL,
    workers INTEGER NOT NULL,
    found INTEGER NOT NULL DEFAULT 0,
    extracted INTEGER NOT NULL DEFAULT 0,
    already INTEGER NOT NULL DEFAULT 0,
    renamed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    remaining INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE documents (
    sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
    media_type TEXT NOT NULL,
    pages INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    text TEXT NOT NULL -- pages are parted by form feeds
) STRICT;

CREATE TABLE document_names (
    document_sha256 TEXT NOT NULL REFERENCES documents (sha256),
    name TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    PRIMARY KEY (document_sha256, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_names_name ON document_names (name);

CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    document_sha256 TEXT NOT NULL REFERENCES documents (sha256),
    config_sha256 TEXT NOT NULL,
    run_id INTEGER REFERENCES runs (id),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    pages INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    layout TEXT NOT NULL,
    reader TEXT NOT NULL,
    model TEXT,
    prompt_sha256 TEXT,
    schema_sha256 TEXT NOT NULL,
    code_version TEXT NOT NULL,
    created_at TEXT NOT NULL,
    usage TEXT,
    determination TEXT NOT NULL,
    text TEXT, -- only where this configuration read another text from the same bytes than documents.text
    UNIQUE (document_sha256, config_sha256)
) STRICT;

CREATE TABLE determinations (
    record_id INTEGER PRIMARY KEY REFERENCES records (id),
    case_number TEXT,
    priority TEXT,
    date_assigned TEXT,
    decision_date TEXT,
    ur_denial_date TEXT,
    application_received TEXT,
    date_of_injury TEXT,
    licensed_states TEXT,
    specialties TEXT,
    subspecialties TEXT,
    patient_age INTEGER,
    patient_sex TEXT,
    mechanism TEXT,
    decisions INTEGER NOT NULL,
    upheld INTEGER NOT NULL,
    overturned INTEGER NOT NULL,
    overall_outcome TEXT,
    days_in_review INTEGER,
    days_from_denial_to_decision INTEGER,
    flags INTEGER NOT NULL,
    withheld INTEGER NOT NULL
) STRICT;
CREATE INDEX determinations_case_number ON determinations (case_number);

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    record_id INTEGER NOT NULL REFERENCES records (id),
    decision_number INTEGER NOT NULL CHECK (decision_number >= 1),
    outcome TEXT,
    heading TEXT,
    requested TEXT,
    authorized TEXT,
    disputed TEXT,
    retrospective INTEGER,
    service_dates TEXT,
    associated_surgical_service INTEGER,
    category TEXT,
    subcategory TEXT,
    quantity_total REAL,
    quantity_unit TEXT,
    quantity_per_week REAL,
    quantity_weeks REAL,
    quantity_refills INTEGER,
    claims_administrator_relied_on TEXT,
    reviewer_relied_on TEXT,
    UNIQUE (record_id, decision_number)
) STRICT;

CREATE TABLE citations (
    record_id INTEGER NOT NULL REFERENCES records (id),
    decision_number INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('claims_administrator', 'reviewer')),
    position INTEGER NOT NULL,
    source TEXT,
    mtus INTEGER,
    title TEXT,
    year INTEGER,
    sections TEXT,
    pages TEXT,
    PRIMARY KEY (record_id, decision_number, side, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE drugs (
    record_id INTEGER NOT NULL REFERENCES records (id),
    decision_number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT,
    strength TEXT,
    PRIMARY KEY (record_id, decision_number, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE body_parts (
    record_id INTEGER NOT NULL REFERENCES records (id),
    decision_number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    part TEXT,
    side TEXT,
    PRIMARY KEY (record_id, decision_number, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE reasons (
    record_id INTEGER NOT NULL REFERENCES records (id),
    decision_number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (record_id, decision_number, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE diagnoses (
    record_id INTEGER NOT NULL REFERENCES records (id),
    position INTEGER NOT NULL,
    diagnosis TEXT NOT NULL,
    PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE flags (
    record_id INTEGER NOT NULL REFERENCES records (id),
    position INTEGER NOT NULL,
    path TEXT NOT NULL,
    decision_number INTEGER,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    value TEXT,
    PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
    record_id INTEGER NOT NULL REFERENCES records (id),
    position INTEGER NOT NULL,
    pointer TEXT NOT NULL,
    spans TEXT NOT NULL,
    how TEXT NOT NULL,
    support TEXT NOT NULL,
    first_line INTEGER,
    last_line INTEGER,
    quote TEXT, -- only where it is not the words at the spans, blanks made single
    PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE failures (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT,
    config_sha256 TEXT NOT NULL,
    failure_class TEXT NOT NULL,
    message TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL,
    run_id INTEGER REFERENCES runs (id),
    cleared_at TEXT
) STRICT;
CREATE UNIQUE INDEX failures_letter ON failures (name, coalesce(sha256, ''), config_sha256);
CREATE INDEX failures_open_name ON failures (name) WHERE cleared_at IS NULL;
CREATE INDEX failures_open_sha256 ON failures (sha256) WHERE cleared_at IS NULL;
"""

_VIEWS = """
CREATE VIEW current_records AS
SELECT r.* FROM records AS r
WHERE r.id = (SELECT max(later.id) FROM records AS later WHERE later.document_sha256 = r.document_sha256);

CREATE VIEW current_determinations AS
SELECT r.document_sha256, r.name, d.case_number, r.layout, d.priority, d.date_assigned, d.decision_date,
       d.ur_denial_date, d.application_received, d.date_of_injury, d.licensed_states, d.specialties,
       d.subspecialties, d.patient_age, d.patient_sex, d.mechanism,
       json_extract(r.determination, '$.clinical_summary.text') AS clinical_summary,
       d.decisions, d.upheld, d.overturned, d.overall_outcome, d.days_in_review,
       d.days_from_denial_to_decision, d.flags, d.withheld, r.media_type, r.pages, r.characters,
       r.reader, r.model, r.config_sha256, r.code_version, r.created_at
FROM current_records AS r JOIN determinations AS d ON d.record_id = r.id;

CREATE VIEW current_decisions AS
SELECT r.document_sha256, t.case_number, d.decision_number, d.outcome, d.heading, d.requested, d.authorized,
       d.disputed, d.retrospective, d.service_dates, d.associated_surgical_service, d.category, d.subcategory,
       d.quantity_total, d.quantity_unit, d.quantity_per_week, d.quantity_weeks, d.quantity_refills,
       d.claims_administrator_relied_on,
       json_extract(r.determination, '$.decisions[' || (d.decision_number - 1)
                    || '].claims_administrator_basis.statement') AS claims_administrator_statement,
       d.reviewer_relied_on,
       json_extract(r.determination, '$.decisions[' || (d.decision_number - 1)
                    || '].reviewer_basis.statement') AS reviewer_statement,
       json_extract(r.determination, '$.decisions[' || (d.decision_number - 1) || '].rationale.text') AS rationale
FROM current_records AS r
JOIN determinations AS t ON t.record_id = r.id
JOIN decisions AS d ON d.record_id = r.id;

CREATE VIEW current_citations AS
SELECT r.document_sha256, t.case_number, c.decision_number, c.side, c.position, c.source, c.mtus, c.title, c.year,
       c.sections, c.pages
FROM current_records AS r
JOIN determinations AS t ON t.record_id = r.id
JOIN citations AS c ON c.record_id = r.id;

CREATE VIEW current_drugs AS
SELECT r.document_sha256, t.case_number, g.decision_number, g.position, g.name, g.strength
FROM current_records AS r
JOIN determinations AS t ON t.record_id = r.id
JOIN drugs AS g ON g.record_id = r.id;

CREATE VIEW current_body_parts AS
SELECT r.document_sha256, t.case_number, b.decision_number, b.position, b.part, b.side
FROM current_records AS r
JOIN determinations AS t ON t.record_id = r.id
JOIN body_parts AS b ON b.record_id = r.id;

CREATE VIEW current_reasons AS
SELECT r.document_sha256, t.case_number, w.decision_number, w.position, w.reason, d.outcome
FROM current_records AS r
JOIN determinations AS t ON t.record_id = r.id
JOIN reasons AS w ON w.record_id = r.id
JOIN decisions AS d ON d.record_id = r.id AND d.decision_number = w.decision_number;

CREATE VIEW current_diagnoses AS
SELECT r.document_sha256, t.case_number, x.position, x.diagnosis
FROM current_records AS r
JOIN determinations AS t ON t.record_id = r.id
JOIN diagnoses AS x ON x.record_id = r.id;

CREATE VIEW current_flags AS
SELECT r.document_sha256, t.case_number, f.position, f.path, f.decision_number, f.code, f.message, f.value
FROM current_records AS r
JOIN determinations AS t ON t.record_id = r.id
JOIN flags AS f ON f.record_id = r.id;

CREATE VIEW current_evidence AS
SELECT r.document_sha256, e.pointer, e.how, e.spans, e.first_line, e.last_line,
       coalesce(e.quote, substr(coalesce(r.text, o.text), json_extract(e.spans, '$[0][0]') + 1,
                                json_extract(e.spans, '$[0][1]') - json_extract(e.spans, '$[0][0]'))) AS first_words
FROM current_records AS r
JOIN documents AS o ON o.sha256 = r.document_sha256
JOIN evidence AS e ON e.record_id = r.id;

CREATE VIEW open_failures AS SELECT * FROM failures WHERE cleared_at IS NULL;

CREATE VIEW decision_texts AS
SELECT d.id, d.heading,
       json_extract(r.determination, '$.decisions[' || (d.decision_number - 1) || '].rationale.text') AS rationale
FROM decisions AS d JOIN records AS r ON r.id = d.record_id;
"""

# External content: the index holds no second copy of the words, it reads them back through the view. `porter`
# because people search for "session" and mean "sessions" too.
_SEARCH = """
CREATE VIRTUAL TABLE decision_search USING fts5 (
    heading, rationale, content = 'decision_texts', content_rowid = 'id', tokenize = 'porter unicode61'
);
"""


@MIGRATIONS()
def m001_first(db: Database) -> None:
    """Tables, views and the full-text index of the first release."""
    db.executescript(_TABLES)
    db.executescript(_VIEWS)
    db.executescript(_SEARCH)


_MODEL = """
ALTER TABLE evidence ADD COLUMN confidence REAL;

DROP VIEW current_evidence;
CREATE VIEW current_evidence AS
SELECT r.document_sha256, e.pointer, e.how, e.support, e.confidence, e.spans, e.first_line, e.last_line,
       coalesce(e.quote, substr(coalesce(r.text, o.text), json_extract(e.spans, '$[0][0]') + 1,
                                json_extract(e.spans, '$[0][1]') - json_extract(e.spans, '$[0][0]'))) AS first_words
FROM current_records AS r
JOIN documents AS o ON o.sha256 = r.document_sha256
JOIN evidence AS e ON e.record_id = r.id;

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    document_sha256 TEXT,
    config_sha256 TEXT NOT NULL,
    run_id INTEGER REFERENCES runs (id),
    asked_at TEXT NOT NULL,
    purpose TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    outcome TEXT NOT NULL, -- 'ok', 'known' (an earlier reply, said again), or the class of the error
    model TEXT,
    input_tokens INTEGER NOT NULL,
    cached_input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL,
    message TEXT,
    reply TEXT -- the payload as it came; none where none did
) STRICT;
CREATE VIEW current_usage AS
SELECT r.document_sha256, r.name, r.reader, r.model,
       json_extract(r.usage, '$.requests') AS requests,
       json_extract(r.usage, '$.input_tokens') AS input_tokens,
       json_extract(r.usage, '$.cached_input_tokens') AS cached_input_tokens,
       json_extract(r.usage, '$.output_tokens') AS output_tokens
FROM current_records AS r WHERE r.usage IS NOT NULL;

CREATE INDEX attempts_document ON attempts (document_sha256);
CREATE INDEX attempts_request ON attempts (request_sha256) WHERE reply IS NOT NULL;
"""


@MIGRATIONS()
def m002_model(db: Database) -> None:
    """Confidence of values, and what was asked of models."""
    db.executescript(_MODEL)


_BATCHES = """
CREATE TABLE batch_jobs (
    id INTEGER PRIMARY KEY,
    file TEXT NOT NULL,
    remote_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('built', 'submitted', 'collected')),
    remote_state TEXT,
    requests INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE batch_letters (
    document_sha256 TEXT NOT NULL REFERENCES documents (sha256),
    config_sha256 TEXT NOT NULL, -- of the request's identity; the record's own may be of later code
    configuration TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    PRIMARY KEY (document_sha256, configuration)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_letters_waiting ON batch_letters (state) WHERE state = 'waiting';

CREATE TABLE batch_requests (
    request_sha256 TEXT PRIMARY KEY NOT NULL, -- the custom_id
    document_sha256 TEXT NOT NULL, -- the first letter that asks it
    purpose TEXT NOT NULL,
    job_id INTEGER NOT NULL REFERENCES batch_jobs (id),
    state TEXT NOT NULL CHECK (state IN ('sent', 'answered', 'failed')),
    tries INTEGER NOT NULL,
    message TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_requests_job ON batch_requests (job_id);
"""


@MIGRATIONS()
def m003_batches(db: Database) -> None:
    """What goes through a provider's batch interface."""
    db.executescript(_BATCHES)


_COSTS = """
ALTER TABLE attempts ADD COLUMN dollars REAL; -- none where the price was not told

ALTER TABLE runs ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN input_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN cached_input_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN output_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN dollars REAL;

ALTER TABLE batch_jobs ADD COLUMN sha256 TEXT NOT NULL DEFAULT ''; -- of the file
ALTER TABLE batch_requests ADD COLUMN most_input_tokens INTEGER; -- that it can come to; none where that is not known
ALTER TABLE batch_requests ADD COLUMN most_output_tokens INTEGER;

ALTER TABLE document_names ADD COLUMN size INTEGER;
ALTER TABLE document_names ADD COLUMN modified_ns INTEGER;
ALTER TABLE document_names ADD COLUMN changed_ns INTEGER;
ALTER TABLE document_names ADD COLUMN inode INTEGER;
"""


@MIGRATIONS()
def m004_costs(db: Database) -> None:
    """What requests and runs cost; files known again by size and times."""
    db.executescript(_COSTS)


_CURRENT = """
CREATE TABLE current_ids (
    document_sha256 TEXT PRIMARY KEY NOT NULL REFERENCES documents (sha256),
    record_id INTEGER NOT NULL REFERENCES records (id)
) STRICT, WITHOUT ROWID;
INSERT INTO current_ids SELECT document_sha256, max(id) FROM records GROUP BY document_sha256;

ALTER TABLE runs ADD COLUMN made_current INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN host TEXT;
ALTER TABLE runs ADD COLUMN pid INTEGER;
ALTER TABLE runs ADD COLUMN process TEXT; -- tells it from a later process with the same number
ALTER TABLE runs ADD COLUMN beat_at TEXT; -- last sign of life

ALTER TABLE failures ADD COLUMN place TEXT NOT NULL DEFAULT '';
UPDATE failures SET place = name;
DROP INDEX failures_letter;
CREATE UNIQUE INDEX failures_letter ON failures (place, coalesce(sha256, ''), config_sha256);
CREATE INDEX failures_open_place ON failures (place) WHERE cleared_at IS NULL;

DROP VIEW current_records;
CREATE VIEW current_records AS
SELECT r.* FROM records AS r
WHERE r.id = (SELECT c.record_id FROM current_ids AS c WHERE c.document_sha256 = r.document_sha256);

DROP VIEW decision_texts;
CREATE VIEW decision_texts AS
SELECT d.id, d.heading,
       CASE WHEN json_valid(r.determination) THEN
           json_extract(r.determination, '$.decisions[' || (d.decision_number - 1) || '].rationale.text')
       END AS rationale
FROM decisions AS d JOIN records AS r ON r.id = d.record_id;
"""


@MIGRATIONS()
def m005_current(db: Database) -> None:
    """Which record counts; where a failure lies; whether the process of a run lives."""
    db.executescript(_CURRENT)


@MIGRATIONS()
def m006_notes(db: Database) -> None:
    """What a file said of itself: a page without text, words left out. JSON: code and sentence of each."""
    db.executescript("ALTER TABLE documents ADD COLUMN notes TEXT;")


_LETTERS = """
ALTER TABLE documents ADD COLUMN part_of TEXT REFERENCES documents (sha256);
ALTER TABLE documents ADD COLUMN part_start INTEGER;
ALTER TABLE documents ADD COLUMN part_end INTEGER;
CREATE INDEX documents_part_of ON documents (part_of) WHERE part_of IS NOT NULL;

ALTER TABLE runs ADD COLUMN other_kinds INTEGER NOT NULL DEFAULT 0; -- files that are no determinations

ALTER TABLE determinations ADD COLUMN case_key TEXT;
CREATE INDEX determinations_case_key ON determinations (case_key);

DROP VIEW current_evidence;
CREATE VIEW current_evidence AS
SELECT r.document_sha256, e.pointer, e.how, e.support, e.confidence, e.spans, e.first_line, e.last_line,
       coalesce(e.quote, substr(coalesce(r.text, fr.text, f.text, o.text), json_extract(e.spans, '$[0][0]') + 1,
                                json_extract(e.spans, '$[0][1]') - json_extract(e.spans, '$[0][0]'))) AS first_words
FROM current_records AS r
JOIN documents AS o ON o.sha256 = r.document_sha256
LEFT JOIN documents AS f ON f.sha256 = o.part_of
LEFT JOIN records AS fr ON fr.document_sha256 = o.part_of AND fr.config_sha256 = r.config_sha256
JOIN evidence AS e ON e.record_id = r.id;

DROP VIEW current_reasons;
CREATE VIEW current_reasons AS
SELECT r.document_sha256, t.case_number, w.decision_number, w.position, w.reason, d.outcome, r.reader, e.support,
       e.confidence
FROM current_records AS r
JOIN determinations AS t ON t.record_id = r.id
JOIN reasons AS w ON w.record_id = r.id
JOIN decisions AS d ON d.record_id = r.id AND d.decision_number = w.decision_number
LEFT JOIN evidence AS e ON e.record_id = r.id
    AND e.pointer = '/decisions/' || (w.decision_number - 1) || '/reasons/' || w.position;

DROP VIEW current_determinations;
CREATE VIEW current_determinations AS
SELECT r.document_sha256, r.name, d.case_number, d.case_key, r.layout, d.priority, d.date_assigned, d.decision_date,
       d.ur_denial_date, d.application_received, d.date_of_injury, d.licensed_states, d.specialties,
       d.subspecialties, d.patient_age, d.patient_sex, d.mechanism,
       json_extract(r.determination, '$.clinical_summary.text') AS clinical_summary,
       d.decisions, d.upheld, d.overturned, d.overall_outcome, d.days_in_review,
       d.days_from_denial_to_decision, d.flags, d.withheld, r.media_type, r.pages, r.characters,
       r.reader, r.model, r.config_sha256, r.code_version, r.created_at
FROM current_records AS r JOIN determinations AS d ON d.record_id = r.id;
"""


@MIGRATIONS()
def m007_letters(db: Database) -> None:
    """Several letters of one file, whose text the first keeps; case numbers in one form."""
    db.executescript(_LETTERS)
    printed = db.execute("SELECT DISTINCT case_number FROM determinations WHERE case_number IS NOT NULL").fetchall()
    db.conn.executemany(
        "UPDATE determinations SET case_key = ? WHERE case_number = ?",
        [(case_key(number), number) for (number,) in printed],
    )


# Each decision holds its letter's summary and case number, too: words that stand far apart are found together.
_WHOLE_LETTER = """
DROP TABLE decision_search;
DROP VIEW decision_texts;
CREATE VIEW decision_texts AS
SELECT d.id, t.case_number, d.heading,
       json_extract(r.readable, '$.decisions[' || (d.decision_number - 1) || '].rationale.text') AS rationale,
       json_extract(r.readable, '$.decisions[' || (d.decision_number - 1) || '].claims_administrator_basis.statement')
           AS claims_administrator_statement,
       json_extract(r.readable, '$.decisions[' || (d.decision_number - 1) || '].reviewer_basis.statement')
           AS reviewer_statement,
       json_extract(r.readable, '$.clinical_summary.text') AS clinical_summary
FROM decisions AS d
JOIN determinations AS t ON t.record_id = d.record_id
JOIN (SELECT id, CASE WHEN json_valid(determination) THEN determination END AS readable FROM records) AS r
    ON r.id = d.record_id;
CREATE VIRTUAL TABLE decision_search USING fts5 (
    case_number, heading, rationale, claims_administrator_statement, reviewer_statement, clinical_summary,
    content = 'decision_texts', content_rowid = 'id', tokenize = 'porter unicode61'
);
INSERT INTO decision_search (decision_search, rank) VALUES ('rank', 'bm25(10.0, 4.0, 2.0, 1.0, 1.0, 0.5)');
INSERT INTO decision_search (decision_search) VALUES ('rebuild');
CREATE INDEX determinations_decision_date ON determinations (decision_date);
"""


@MIGRATIONS()
def m008_whole_letter(db: Database) -> None:
    """The whole letter is searched, not its headings and rationales alone; decisions are found by date."""
    db.executescript(_WHOLE_LETTER)
