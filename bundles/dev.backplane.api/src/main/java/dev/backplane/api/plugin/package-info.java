/**
 * Plugins that are replaced while machines run, as the control plane sees them.
 *
 * <p>Commands and embedders use {@link dev.backplane.api.plugin.PluginManager PluginManager}, which the kernel implements and which is
 * callable on any thread but a machine's own. Nothing here hands out an object of a plugin.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.api.plugin;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
