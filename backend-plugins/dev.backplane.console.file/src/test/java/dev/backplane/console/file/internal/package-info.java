/** The file console. */
@NullMarked
package dev.backplane.console.file.internal;

import org.jspecify.annotations.NullMarked;
