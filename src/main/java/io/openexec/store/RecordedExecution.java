package io.openexec.store;

import io.openexec.execution.Execution;
import io.openexec.execution.RecordedRequest;

/**
 * An execution on record.
 *
 * @param request what was executed, which never changes
 * @param execution what became of it, without its evidence
 */
public record RecordedExecution(RecordedRequest request, Execution execution) {}
