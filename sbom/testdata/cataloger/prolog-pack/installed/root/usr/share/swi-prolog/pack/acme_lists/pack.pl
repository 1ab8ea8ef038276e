name(acme_lists).
version('0.5.2').
title('Lists (and more)').
author( 'Other', 'other@example.org' ).
maintainer('Acme','acme@example.org').
requires(prolog >= '7').
