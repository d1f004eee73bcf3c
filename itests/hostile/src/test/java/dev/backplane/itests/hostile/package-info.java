/**
 * Guests that try to harm their host: a seeded run of many, beside a machine that has to get its share meanwhile. The parts of
 * the product are wired as the kernel's component wires them, without a framework, so that thousands fit into a minute.
 */
@NullMarked
package dev.backplane.itests.hostile;

import org.jspecify.annotations.NullMarked;
