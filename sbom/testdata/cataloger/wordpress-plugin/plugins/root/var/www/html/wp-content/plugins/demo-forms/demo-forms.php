<?php
/**
 * Plugin Name: Demo Forms
 * Plugin URI: https://example.org/forms
 * Version: 3.4.1
 * Requires Plugins: hello, not-here
 * Author: <a href="https://example.org">Acme Forms</a>
 * License: GPLv2 or later
 */
