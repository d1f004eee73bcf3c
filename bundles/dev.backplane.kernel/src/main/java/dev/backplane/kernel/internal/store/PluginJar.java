package dev.backplane.kernel.internal.store;

import java.util.Optional;
import org.osgi.framework.Version;

/**
 * A jar that may be installed.
 *
 * @param fileName its name in the plugin folder
 * @param symbolicName the bundle's
 * @param version the bundle's
 * @param sha256 the hash of its bytes, in hexadecimal
 * @param capabilities the header that declares what it offers
 */
record PluginJar(String fileName, String symbolicName, Version version, String sha256, Optional<String> capabilities) {}
