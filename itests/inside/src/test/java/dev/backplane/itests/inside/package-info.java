/**
 * Tests that run as a bundle in a framework of their own, beside the bundles of the built distribution. One framework a class
 * (about 3 s): few classes, named by scenario; what needs no framework is tested in the bundle's own module.
 */
@NullMarked
package dev.backplane.itests.inside;

import org.jspecify.annotations.NullMarked;
