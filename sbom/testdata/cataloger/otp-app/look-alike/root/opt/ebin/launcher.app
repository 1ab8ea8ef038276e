[Desktop]
name = launcher
