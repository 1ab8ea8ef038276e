CREATE TABLE ValidPaths(id integer primary key autoincrement not null, path text unique not null, hash text not null, registrationTime integer not null, deriver text, narSize integer);
CREATE TABLE Refs(referrer integer not null, reference integer not null, primary key(referrer, reference));
INSERT INTO ValidPaths VALUES
(1,'/nix/store/0123456789abcdfghijklmnpqrsvwxya-demo-1.2.3','sha256:0',1700000000,'/nix/store/0123456789abcdfghijklmnpqrsvwxyz-demo-1.2.3.drv',10),
(2,'/nix/store/0123456789abcdfghijklmnpqrsvwxyb-libdemo-3.1-odd','sha256:0',0,'/nix/store/0123456789abcdfghijklmnpqrsvwxyy-libdemo-3.1.drv',10),
(3,'/nix/store/0123456789abcdfghijklmnpqrsvwxyc-source','sha256:0',0,NULL,10),
(4,'/nix/store/0123456789abcdfghijklmnpqrsvwxyz-demo-1.2.3.drv','sha256:0',0,NULL,10);
INSERT INTO Refs VALUES (1,1),(1,2),(1,3),(4,3);
