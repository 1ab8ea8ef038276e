<?php
/*
Plugin Name: Hello
VERSION: 1.7.2 */
