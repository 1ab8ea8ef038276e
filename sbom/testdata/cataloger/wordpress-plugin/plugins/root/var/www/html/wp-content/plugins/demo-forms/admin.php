<?php
$version = 1;
// Version: 7
