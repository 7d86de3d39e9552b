package io.openexec.camel;

/**
 * An answer that is no JSON.
 *
 * @param type its media type
 * @param bytes the body
 * @param immutable whether it never changes, so that caches may keep it
 */
@SuppressWarnings("ArrayRecordComponent") // Carried to the socket, and never compared.
public record Content(String type, byte[] bytes, boolean immutable) {}
