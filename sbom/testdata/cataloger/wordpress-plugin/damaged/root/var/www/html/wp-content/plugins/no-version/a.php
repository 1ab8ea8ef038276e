<?php
/*
Plugin Name: No Version
*/
