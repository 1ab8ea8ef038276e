CREATE TABLE repo (id INTEGER PRIMARY KEY, repoid TEXT NOT NULL);
CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT NOT NULL, epoch INTEGER NOT NULL, version TEXT NOT NULL, release TEXT NOT NULL, arch TEXT NOT NULL);
CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, item_id INTEGER, repo_id INTEGER, replaced_by INTEGER, action INTEGER NOT NULL, reason INTEGER NOT NULL, done INTEGER NOT NULL);
INSERT INTO repo VALUES (1, 'fedora'), (2, 'updates');
INSERT INTO rpm VALUES (1, 'demo', 0, '1.0', '1.fc29', 'x86_64');
INSERT INTO trans_item VALUES (1, 1, 1, 1, NULL, 1, 1, 1), (2, 2, 1, 2, NULL, 9, 1, 0);
