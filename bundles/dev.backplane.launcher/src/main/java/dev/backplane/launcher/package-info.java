/**
 * The process around the framework: finds the installation, starts the framework with its bundles, hands it the command line and
 * ends with the command's status. A plain jar on the class path; bundles see nothing of it but the one service that
 * {@link dev.backplane.launcher.Launcher} describes.
 */
@NullMarked
package dev.backplane.launcher;

import org.jspecify.annotations.NullMarked;
