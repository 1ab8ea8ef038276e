install_requires=["demo-open>=1.0", "good==1.0", "cut==1.
