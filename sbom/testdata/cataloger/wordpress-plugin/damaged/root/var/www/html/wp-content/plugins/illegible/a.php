<?php
/*
Plugin Name: Illegible
Version: 1ÿ
*/
