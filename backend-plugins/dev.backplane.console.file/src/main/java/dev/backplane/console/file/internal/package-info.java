/** Console to a file (file). */
@NullMarked
package dev.backplane.console.file.internal;

import org.jspecify.annotations.NullMarked;
