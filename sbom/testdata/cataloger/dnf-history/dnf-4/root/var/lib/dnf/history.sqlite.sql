CREATE TABLE repo (id INTEGER PRIMARY KEY, repoid TEXT NOT NULL);
CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT NOT NULL, epoch INTEGER NOT NULL, version TEXT NOT NULL, release TEXT NOT NULL, arch TEXT NOT NULL);
CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, item_id INTEGER, repo_id INTEGER, action INTEGER NOT NULL, reason INTEGER NOT NULL, state INTEGER NOT NULL);
INSERT INTO repo VALUES (1, 'rhel-9-for-x86_64-baseos-rpms'), (2, 'epel'), (3, '@System'), (4, 'rhel-9-for-x86_64-appstream-rpms'), (5, 'failing');
INSERT INTO rpm VALUES (1, 'demo', 1, '1.0', '1.el9', 'x86_64'), (2, 'demo', 1, '2.0', '1.el9', 'x86_64'), (3, 'extra', 0, '1', '1.el9', 'noarch'), (4, 'by-hand', 0, '1', '1', 'noarch');
INSERT INTO trans_item(trans_id, item_id, repo_id, action, reason, state) VALUES
  (1, 1, 1, 1, 1, 1), (1, 4, 3, 1, 1, 1),
  (2, 2, 4, 6, 1, 1), (2, 1, 3, 7, 1, 1), (2, 3, 2, 1, 1, 1),
  (3, 3, 5, 9, 1, 2);
