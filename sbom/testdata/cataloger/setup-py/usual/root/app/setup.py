from setuptools import setup

VERSION = "1.0"

setup(
    name="demo-app",
    version=VERSION,
    classifiers=["License :: OSI Approved :: MIT License"],
    python_requires=">=3.9",
    install_requires=[
        "demo-core==1.2.3",
        'demo-lib [fast] == 2.5 ; python_version < "3"', "demo-least>=1.0",
        "demo-format=={}".format(VERSION),
        # "demo-gone==0.1",
    ],
)
