-- Which edition BI sees: the row of the newest move. Idempotent.
--
-- Partitioned, a partition a move, on purpose. A statement planned before a publish does not know the new
-- partitions of the marts, but would read the new row of a plain table, and find nothing: every READ COMMITTED
-- transaction that is open across a publish would. So the pointer is as old as the plan that reads it: a plan
-- without the marts' new partitions lacks the pointer's too, and shows the whole old edition.

create table if not exists marts_store.pointer (
    move_id bigint not null,
    edition_id bigint not null
) partition by list (move_id);
