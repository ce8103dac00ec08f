-- What PostgreSQL lets everybody do in a warehouse by default and nobody but the pipeline needs. Idempotent.
-- On an insurer's own server its administrators decide; there this file is not run.

-- Large objects are written without any privilege on a table.
revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;

-- The pipeline's advisory locks: a reader who took one would hold up every publish.
do $$
declare
    function regprocedure;
begin
    for function in
        select oid::regprocedure
        from pg_proc
        where
            pronamespace = 'pg_catalog'::regnamespace
            and (starts_with(proname, 'pg_advisory') or starts_with(proname, 'pg_try_advisory'))
    loop
        execute format('revoke execute on function %s from public', function);
        execute format('grant execute on function %s to ck_pipeline', function);
    end loop;
end
$$;
