/**
 * Tests of the backend with small guests. The tag {@code kvm} stands for any host whose KVM can be used, {@code kvm-full} for one
 * that virtualises; elsewhere they are skipped, or fail with {@code -Dbackplane.kvm.required=true} or {@code =full}.
 */
@NullMarked
package dev.backplane.cpu.kvm.internal;

import org.jspecify.annotations.NullMarked;
