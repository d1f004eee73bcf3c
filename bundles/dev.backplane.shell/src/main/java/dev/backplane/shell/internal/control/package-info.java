/**
 * The control socket: the server's side, and {@link dev.backplane.shell.internal.control.Ctl Ctl}, the client's, a small program of its own
 * that needs nothing but this package and the JDK. Both sides are of one version of Backplane.
 */
@NullMarked
package dev.backplane.shell.internal.control;

import org.jspecify.annotations.NullMarked;
