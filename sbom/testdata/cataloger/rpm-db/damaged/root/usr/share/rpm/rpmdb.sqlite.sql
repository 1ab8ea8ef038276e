CREATE TABLE Name(key TEXT, hnum INTEGER, idx INTEGER); CREATE VIEW Packages AS SELECT 1 AS hnum, x'00' AS blob;
