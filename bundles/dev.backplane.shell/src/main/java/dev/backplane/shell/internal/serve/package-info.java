/** {@code backplane serve}, and {@code ctl} as the command line knows it. */
@NullMarked
package dev.backplane.shell.internal.serve;

import org.jspecify.annotations.NullMarked;
