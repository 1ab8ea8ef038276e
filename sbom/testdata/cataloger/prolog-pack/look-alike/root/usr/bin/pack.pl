#!/usr/bin/perl
print("version");
