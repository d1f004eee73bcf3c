/** The commands of Backplane's own shell, a class each, named by noun and verb. */
@NullMarked
package dev.backplane.shell.internal.verb;

import org.jspecify.annotations.NullMarked;
