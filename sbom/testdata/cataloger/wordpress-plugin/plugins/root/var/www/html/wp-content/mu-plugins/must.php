<?php /* Plugin Name: Must */
# Version: 0.1
