package dev.backplane.kernel.internal.journal;

/**
 * How a replay ended.
 *
 * @param same whether all that was compared is as it was recorded
 * @param text one line for people
 */
public record Verdict(boolean same, String text) {}
