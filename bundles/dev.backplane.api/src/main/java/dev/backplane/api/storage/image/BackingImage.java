package dev.backplane.api.storage.image;

import dev.backplane.api.storage.Storage;

/**
 * A disk that shows through where an image has nothing of its own.
 *
 * @param name what the image is to call it: a path, absolute or relative to the image's folder
 * @param format its type
 * @param disk what it reads as
 * @param image the bytes that its own image is made of, for formats that recognise their backing disk by an identifier in there
 */
public record BackingImage(String name, String format, Storage disk, Storage image) {}
