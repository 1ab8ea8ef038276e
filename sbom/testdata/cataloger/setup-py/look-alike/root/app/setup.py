print("not a project; 1 == 1")
