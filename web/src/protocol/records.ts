// What is noted of a run, as metrics.jsonl has it.

/** Losses and batch accuracies since the last record: trainer.TrainRecord. */
export interface TrainRecord {
  step: number;
  kind: "train";
  /**
   * By name: d, task_source, task_adapted, g_adv, g_task, similarity, task; of orientations
   * pose_source, pose_adapted, g_pose, pose; of labelled target images task_target, pose_target.
   */
  loss: Record<string, number>;
  batch_accuracy: Record<string, number>;
  learning_rate: number;
  iterations_per_second: number;
  /** Of training since the worker began. */
  seconds: number;
}

/** Accuracies on test images: trainer.EvalRecord. */
export interface EvalRecord {
  step: number;
  kind: "eval";
  accuracy: Record<string, number>;
  /** Mean errors of orientation in degrees, where the classifier tells it: as the original measures them, and plain. */
  angle?: Record<string, { coded: number; exact: number }>;
  score: number;
}

export interface Evaluated {
  record: EvalRecord;
  /** By domain (target, source, adapted): rows by label, columns by prediction. */
  confusion: Record<string, number[][]>;
  classes: string[];
}
