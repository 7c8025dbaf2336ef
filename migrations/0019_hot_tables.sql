-- Tables whose rows are written again while a publication is on its way. Room in each page lets the new version of a row
-- stay beside the old one, without an entry in every index (HOT), where no indexed column changes; and dead versions
-- are swept by share of what is new and not of a history of years: of a million publications the usual 20 % would be
-- 200,000 dead rows in the way of every look.
alter table publications set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table channels set (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
-- A public step that is done enters an index, so room would not help it.
alter table steps set (autovacuum_vacuum_scale_factor = 0.02);
alter table attempts set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
alter table insight_looks set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
-- The journal only grows; its new pages are made readable without their rows (index-only scans) in time.
alter table journal set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
