-- Who may do what in the product's database on PostgreSQL (decision 0031). Safe to run again, and to be run again after every
-- `creation db upgrade`, by a superuser:
--
--   psql --dbname creation --set ON_ERROR_STOP=1 --file docs/operations/roles.sql
--
-- Other names for the roles: --set owner=… --set app=… --set auditor=…
\if :{?owner}
\else
  \set owner creation_owner
\endif
\if :{?app}
\else
  \set app creation_app
\endif
\if :{?auditor}
\else
  \set auditor creation_auditor
\endif
\set QUIET on
BEGIN;

-- The roles. None has a password until one is given (\password creation_app), none is a superuser.
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name)
FROM unnest(ARRAY[:'owner', :'app', :'auditor']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

-- Nobody comes in by being somebody.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I, %I, %I', current_database(), :'owner', :'app', :'auditor') \gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"app", :"auditor";

-- The owner: migrates, takes backups in, and does nothing in between.
SELECT format('ALTER TABLE public.%I OWNER TO %I', tablename, :'owner') FROM pg_tables WHERE schemaname = 'public' \gexec
SELECT format('ALTER FUNCTION public.%I() OWNER TO %I', proname, :'owner')
FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'guard\_%' \gexec
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, :"app", :"auditor";
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, :"app", :"auditor";
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;

-- The application, every process of `creation up` and every command: adds and reads everywhere, but for the rules of what is legal,
-- which come with the program, and the number of the schema.
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO :"app";
REVOKE INSERT ON transition_rule, alembic_version FROM :"app";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :"app";

-- What is not history moves with it: states, mails, tasks, what an erased person leaves.
GRANT UPDATE ON
  cohort, unit, project, submission, rectification, rectificationitem, person, contact, credential, ballot,
  assessment, assignment, decision, mail, reminder, task, setting, holiday, inbound, inboundfile, inboundplace
TO :"app";

-- Of a kept order only the answer moves, when the name of an erased person is taken out of it.
GRANT UPDATE (answer) ON command TO :"app";

-- What may be taken back is taken back with an event that tells it.
GRANT DELETE ON assessment, assignment, decision, setting TO :"app";

-- The auditor reads; sealed secrets are no business of theirs.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :"auditor";
REVOKE SELECT ON credential FROM :"auditor";

COMMIT;
