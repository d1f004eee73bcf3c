/** Tests that start the built distribution as a process and judge it by what its users see: output, exit status, files, signals. */
@NullMarked
package dev.backplane.itests.outside;

import org.jspecify.annotations.NullMarked;
